/*
 * cli_export.h - what the parts of `customer export` share: the command (cli_export.c), what goes in (cli_export_write.c), and sending it (cli_export_mail.c).
 */
#ifndef SPORTELLO_CLI_EXPORT_H
#define SPORTELLO_CLI_EXPORT_H

#include "cli_private.h"
#include "limits.h"

struct file;
struct exporting {
	struct cli *cli;
	struct customer_row customer;
	const char *dir, *to;                    /* where it goes: a directory, or a mail */
	struct cli_zip *zip;                     /* of the mail; NULL: the directory */
	struct file *mbox;
	size_t bytes;                            /* in the archive */
	int64_t mails, files, left_out;
	struct error *error;
};

/* All files. The archive, if it is one, is to be finished. */
enum status cli_export_write(struct exporting *e);
enum status cli_export_note(struct exporting *e, const char *kind, const char *what);    /* a line of his history */
const char *cli_export_counts(struct exporting *e);
/* To the address, which must be his and proved; NULL: his primary one. */
enum status cli_export_send(struct exporting *e, const char *address);
enum status cli_export_too_large(struct exporting *e);

#endif
