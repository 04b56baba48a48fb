#include "mail_private.h"
void bounce_read(struct walk *walk, const struct fields *fields, const struct mail_options *options)
{
}
