/*
 * desk_token.c - signed tokens: what makes an address or a Message-ID of ours prove something.
 *
 * A token says which ticket and in which role; its HMAC covers the kind letter and all fields, so that no token can be
 * turned into one of another kind, ticket or person. 80 bits of MAC: 2^80 tries by mail are out of reach, and the whole
 * fits into a local part (RFC 5321 section 4.5.3.1.1: 64 octets). Base32 survives hosts that change the case.
 */
#include <string.h>

#include "desk.h"

#define MAC_BYTES 10
#define TOKEN_BYTES (9 + 9 + 4 + MAC_BYTES)

uint32_t desk_who(const char *name_or_address)
{
	unsigned char digest[SHA256_SIZE];
	char lower[LIMIT_ADDRESS + 1];
	size_t length = strlen(name_or_address);
	if (length > LIMIT_ADDRESS)
		length = LIMIT_ADDRESS;
	for (size_t i = 0; i < length; i++) {
		char c = name_or_address[i];
		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	sha256_of(lower, length, digest);
	uint32_t who = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
	return who ? who : 1;                    /* 0 means: nobody in particular */
}

static size_t put_varint(unsigned char *out, uint64_t value)
{
	size_t n = 0;
	for (; value >= 0x80; value >>= 7)
		out[n++] = (unsigned char)(value | 0x80);
	out[n++] = (unsigned char)value;
	return n;
}

static bool get_varint(const unsigned char *bytes, size_t length, size_t *at, int64_t *value)
{
	uint64_t sum = 0;
	for (int shift = 0; *at < length && shift < 63; shift += 7) {
		unsigned char byte = bytes[(*at)++];
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*value = (int64_t)sum;
			return true;
		}
	}
	return false;
}

static void sign(const unsigned char key[DESK_KEY_SIZE], enum token_kind kind, const unsigned char *fields, size_t length,
                 unsigned char mac[SHA256_SIZE])
{
	unsigned char signed_bytes[12 + TOKEN_BYTES] = "sportello ";
	signed_bytes[10] = (unsigned char)kind;
	memcpy(signed_bytes + 11, fields, length);
	hmac_sha256(key, DESK_KEY_SIZE, signed_bytes, 11 + length, mac);
}

struct piece { const char *at; size_t length; };

/* One behind the other: printf(3) takes three times as long, and each mail has nine of these. */
static char *joined(struct arena *arena, const struct piece *part, size_t count)
{
	size_t length = 0;
	char *text, *to;
	for (size_t i = 0; i < count; i++)
		length += part[i].length;
	text = to = arena_room(arena, length + 1);
	for (size_t i = 0; i < count; i++) {
		memcpy(to, part[i].at, part[i].length);
		to += part[i].length;
	}
	*to = '\0';
	return text;
}

static struct piece whole(const char *text)
{
	return (struct piece){text, strlen(text)};
}

char *desk_token(struct arena *arena, const struct desk_keys *keys, const struct token *token)
{
	unsigned char bytes[TOKEN_BYTES], mac[SHA256_SIZE];
	size_t n = put_varint(bytes, (uint64_t)token->ticket);
	n += put_varint(bytes + n, (uint64_t)token->number);
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes[n++] = (unsigned char)(token->who >> shift);
	sign(keys->key[0], token->kind, bytes, n, mac);
	memcpy(bytes + n, mac, MAC_BYTES);
	const char kind = (char)token->kind;
	const struct piece parts[] = {{&kind, 1}, whole(base32_encode(arena, bytes, n + MAC_BYTES))};
	return joined(arena, parts, COUNT_OF(parts));
}

/* The kinds, all of them: where such a token stands, and whether it is the house's own. */
static const struct { enum token_kind kind; unsigned what; } kinds[] = {
	{TOKEN_CUSTOMER, TOKEN_IN_ADDRESS}, {TOKEN_AGENT, TOKEN_IN_ADDRESS | TOKEN_OF_HOUSE}, {TOKEN_NOTE, TOKEN_IN_ADDRESS | TOKEN_OF_HOUSE},
	{TOKEN_HOUSE, TOKEN_IN_ADDRESS | TOKEN_OF_HOUSE},
	{TOKEN_BOUNCE, TOKEN_IN_BOUNCE | TOKEN_OF_HOUSE}, {TOKEN_SELFTEST, TOKEN_IN_BOUNCE},
	{TOKEN_SIDE, TOKEN_IN_ADDRESS | TOKEN_OF_HOUSE}, {TOKEN_SIDE_AGENT, TOKEN_IN_ADDRESS | TOKEN_OF_HOUSE}, {TOKEN_MAIL_TO_SIDE, TOKEN_IN_MESSAGE_ID | TOKEN_OF_HOUSE},
	{TOKEN_MAIL_TO_CUSTOMER, TOKEN_IN_MESSAGE_ID}, {TOKEN_MAIL_TO_AGENT, TOKEN_IN_MESSAGE_ID | TOKEN_OF_HOUSE},
	{TOKEN_LINK_STATUS, TOKEN_IN_LINK}, {TOKEN_LINK_CONFIRM, TOKEN_IN_LINK}, {TOKEN_LINK_REFUSE, TOKEN_IN_LINK}, {TOKEN_LINK_HELP, TOKEN_IN_LINK},
	{TOKEN_LINK_SOLVED, TOKEN_IN_LINK}, {TOKEN_LINK_ARTICLE, TOKEN_IN_LINK},
};

bool desk_token_is(enum token_kind kind, unsigned what)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].what & what;
	return false;
}

bool desk_token_is_agents(enum token_kind kind)
{
	return kind == TOKEN_AGENT || kind == TOKEN_NOTE || kind == TOKEN_HOUSE || kind == TOKEN_SIDE_AGENT;
}

bool desk_token_read(const struct desk_keys *keys, const char *text, size_t length, struct token *token)
{
	unsigned char bytes[TOKEN_BYTES + 8], mac[SHA256_SIZE];
	if (length < 2 || length > 64)
		return false;
	char letter = text[0] >= 'A' && text[0] <= 'Z' ? (char)(text[0] + 32) : text[0];
	int count = base32_decode(text + 1, length - 1, bytes, sizeof bytes);
	if (!desk_token_is((enum token_kind)letter, TOKEN_ANYWHERE) || count < MAC_BYTES + 6 || count > TOKEN_BYTES)
		return false;
	size_t fields = (size_t)count - MAC_BYTES, at = 0;
	struct token read = {.kind = (enum token_kind)letter};
	bool genuine = false, whole = get_varint(bytes, fields, &at, &read.ticket) && get_varint(bytes, fields, &at, &read.number) && fields - at == 4;
	for (size_t i = 0; i < keys->count; i++) {
		sign(keys->key[i], (enum token_kind)letter, bytes, fields, mac);
		genuine |= bytes_equal_constant_time(mac, bytes + fields, MAC_BYTES) && (!keys->below[i] || read.ticket < keys->below[i]);
	}
	if (!genuine || !whole)
		return false;
	for (; at < fields; at++)
		read.who = read.who << 8 | bytes[at];
	*token = read;
	return true;
}

/* Tags of relays and lists may stand before it. */
bool desk_selftest_read(const struct desk_policy *policy, const char *subject, struct token *token)
{
	const char *at = strstr(subject, SELFTEST_SUBJECT);
	if (!at)
		return false;
	at += strlen(SELFTEST_SUBJECT);
	return desk_token_read(&policy->keys, at, strcspn(at, " \t"), token) && token->kind == TOKEN_SELFTEST;
}

char *desk_token_address(struct arena *arena, const struct desk_policy *policy, const char *queue_address, const struct token *token)
{
	const char *at = strrchr(queue_address, '@');
	const struct piece parts[] = {{queue_address, (size_t)(at - queue_address)}, {policy->separators, 1}, whole(desk_token(arena, &policy->keys, token)), whole(at)};
	return joined(arena, parts, COUNT_OF(parts));
}

char *desk_message_id(struct arena *arena, const struct desk_policy *policy, const struct token *token)
{
	return arena_printf(arena, "<%lld.%s@%s>", (long long)token->ticket, desk_token(arena, &policy->keys, token), policy->domain);
}

bool desk_message_id_read(const struct desk_policy *policy, const char *message_id, struct token *token)
{
	size_t length = strlen(message_id), domain = strlen(policy->domain);
	const char *at = strrchr(message_id, '@');
	if (length < 4 || message_id[0] != '<' || message_id[length - 1] != '>' || !at)
		return false;
	if (strlen(at + 1) != domain + 1 || strncasecmp(at + 1, policy->domain, domain) != 0)
		return false;
	const char *dot = memchr(message_id, '.', (size_t)(at - message_id));
	if (!dot || !desk_token_read(&policy->keys, dot + 1, (size_t)(at - dot - 1), token))
		return false;
	return desk_token_is(token->kind, TOKEN_IN_MESSAGE_ID);
}

#define DAY_MS (24LL * 60 * 60 * 1000)

char *desk_link_token(struct arena *arena, const struct desk_policy *policy, enum token_kind kind, int64_t ticket, const char *customer, int64_t now)
{
	struct token token = {.kind = kind, .ticket = ticket, .number = now / DAY_MS + policy->link_days, .who = desk_who(customer)};
	return desk_token(arena, &policy->keys, &token);
}

char *desk_link(struct arena *arena, const struct desk_policy *policy, enum token_kind kind, int64_t ticket, const char *customer, int64_t now)
{
	if (!policy->base_url || !*policy->base_url)
		return NULL;
	size_t length = strlen(policy->base_url);
	bool slash = policy->base_url[length - 1] == '/';
	return arena_printf(arena, "%s%sl/%s", policy->base_url, slash ? "" : "/", desk_link_token(arena, policy, kind, ticket, customer, now));
}

enum link_class desk_link_read(const struct desk_policy *policy, const char *text, int64_t now, struct token *token)
{
	if (!desk_token_read(&policy->keys, text, strlen(text), token) || !desk_token_is(token->kind, TOKEN_IN_LINK))
		return LINK_UNKNOWN;
	return now / DAY_MS > token->number ? LINK_TOO_OLD : LINK_GOOD;
}
