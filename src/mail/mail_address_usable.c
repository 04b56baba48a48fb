/*
 * mail_address_usable.c - may we write this address into an SMTP command and a header? Pure: the desk links it.
 *
 * The answer is strict where it protects (RFC 5321 section 4.1.2: nothing that could end the command, close the angle bracket
 * or start a second address) and lenient where the world is: dots may stand anywhere in a local part (some phone companies
 * gave such addresses out), letters may be UTF-8 (RFC 6531), a local part may be a quoted string without blanks.
 * What is refused here is never mailed; it stays readable on the ticket.
 */
#include "limits.h"
#include "mail.h"

#include <string.h>

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029;
}

static bool is_atext(unsigned char byte)
{
	return byte > ' ' && byte != 0x7F && !strchr("()<>[]:;@\\,\"", byte);
}

/* "..." with every inner quote and backslash escaped. Blanks are refused with the rest of the address. */
static bool is_quoted(const char *at, size_t length)
{
	if (length < 3 || at[0] != '"' || at[length - 1] != '"')
		return false;
	for (size_t i = 1; i < length - 1; i++) {
		if (at[i] == '"' || (at[i] == '\\' && ++i == length - 1))
			return false;
		if (at[i] == '<' || at[i] == '>')
			return false;
	}
	return true;
}

static bool local_usable(const char *at, size_t length)
{
	if (!length || length > LIMIT_LOCAL_PART)
		return false;
	if (at[0] == '"')
		return is_quoted(at, length);
	for (size_t i = 0; i < length; i++)
		if (!is_atext((unsigned char)at[i]))
			return false;
	return true;
}

/* Letters, digits, hyphen, underscore and UTF-8 in labels that are not empty; or an address literal in brackets. */
static bool domain_usable(const char *at, size_t length)
{
	size_t label = 0;

	if (length >= 3 && at[0] == '[' && at[length - 1] == ']') {
		for (size_t i = 1; i < length - 1; i++)
			if (!strchr("0123456789abcdefABCDEF:.IPvV", at[i]))
				return false;
		return true;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)at[i];

		if (byte == '.' ? !label : byte < 0x80 && !(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'z')
		    && !(byte >= 'A' && byte <= 'Z') && byte != '-' && byte != '_')
			return false;
		label = byte == '.' ? 0 : label + 1;
	}
	return label > 0;
}

bool mail_address_usable(const char *address)
{
	size_t length, size;
	const char *sign;
	uint32_t code;

	if (!address || (length = strnlen(address, LIMIT_ADDRESS + 1)) > LIMIT_ADDRESS)
		return false;
	for (size_t i = 0; i < length; i += size)
		if (address[i] > ' ' && address[i] < 0x7F)
			size = 1;
		else if (!(size = utf8_decode(address + i, length - i, &code)) || code == ' ' || code == 0xA0 || is_control(code))
			return false;
	if (!(sign = strrchr(address, '@')))
		return false;
	return local_usable(address, (size_t)(sign - address)) && domain_usable(sign + 1, strlen(sign + 1));
}
