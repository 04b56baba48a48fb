/*
 * words_bound.c - how sure a share of few is: Wilson's lower bound.
 */
#include "words.h"

#include <math.h>

double words_lower_bound(double right, double all, double z)
{
	double share = right / all, z2 = z * z / all;

	return (share + z2 / 2 - z * sqrt((share * (1 - share) + z2 / 4) / all)) / (1 + z2);
}
