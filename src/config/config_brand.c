/*
 * config_brand.c - the brand: its colour, and the picture that mails and pages show.
 *
 * The picture is read when the configuration is, and kept: no mail waits for a file. Of a picture only its kind and its size in points are
 * looked at, in its first bytes; SVG is refused, since no mail program shows it.
 * Diagnostics: "is not a picture that mail programs show", "is larger than", and a warning where links get another shade.
 */
#include "config_private.h"

#include <string.h>

#define LOGO_WIDTH 240                           /* points, as it is shown; of a screen at 100 % */
#define LOGO_HEIGHT 64

struct picture { const char *type; unsigned width, height; };

static unsigned big(const unsigned char *at, int bytes)
{
	unsigned value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static bool read_png(const unsigned char *at, size_t size, struct picture *picture)
{
	if (size < 24 || memcmp(at, "\x89PNG\r\n\x1a\n", 8) || memcmp(at + 12, "IHDR", 4))
		return false;
	*picture = (struct picture){ "image/png", big(at + 16, 4), big(at + 20, 4) };
	return true;
}

static bool read_gif(const unsigned char *at, size_t size, struct picture *picture)
{
	if (size < 10 || (memcmp(at, "GIF87a", 6) && memcmp(at, "GIF89a", 6)))
		return false;
	*picture = (struct picture){ "image/gif", at[6] | (unsigned)at[7] << 8, at[8] | (unsigned)at[9] << 8 };
	return true;
}

/* From marker to marker, to the one that begins a frame (ITU T.81, B.2.2). */
static bool read_jpeg(const unsigned char *at, size_t size, struct picture *picture)
{
	size_t i = 2;

	if (size < 4 || at[0] != 0xff || at[1] != 0xd8)
		return false;
	while (i + 9 < size && at[i] == 0xff) {
		unsigned char kind = at[i + 1];

		if (kind >= 0xc0 && kind <= 0xcf && kind != 0xc4 && kind != 0xc8 && kind != 0xcc) {
			*picture = (struct picture){ "image/jpeg", big(at + i + 7, 2), big(at + i + 5, 2) };
			return true;
		}
		i += 2 + big(at + i + 2, 2);
	}
	return false;
}

/* As large as it is, but no larger than there is room. */
static void fit(struct desk_brand *brand, const struct picture *picture)
{
	double width = picture->width, height = picture->height, least = 1;

	if (width > LOGO_WIDTH)
		least = LOGO_WIDTH / width;
	if (height * least > LOGO_HEIGHT)
		least = LOGO_HEIGHT / height;
	brand->logo_width = (int)(width * least + 0.5) > 0 ? (int)(width * least + 0.5) : 1;
	brand->logo_height = (int)(height * least + 0.5) > 0 ? (int)(height * least + 0.5) : 1;
}

static void read_logo(struct loader *loader, struct desk_brand *brand)
{
	const config_setting_t *at = config_lookup(&loader->tree, "brand.logo");
	CLEANUP_BUFFER struct buffer bytes;
	struct picture picture;
	struct error error;

	buffer_init(&bytes);
	if (file_read_all(brand->logo_file, LIMIT_LOGO_BYTES, &bytes, &error) != STATUS_OK) {
		config_complain(loader, at, "brand.logo", "cannot be read: %s; expected a PNG, JPEG or GIF of at most %d KiB", error.text, LIMIT_LOGO_BYTES / 1024);
		return;
	}
	const unsigned char *first = (const unsigned char *)buffer_string(&bytes);
	bool known = read_png(first, bytes.length, &picture) || read_gif(first, bytes.length, &picture) || read_jpeg(first, bytes.length, &picture);
	if (!known || !picture.width || !picture.height) {
		config_complain(loader, at, "brand.logo", "%s is not a picture that mail programs show; expected a PNG, JPEG or GIF", brand->logo_file);
		return;
	}
	brand->logo = arena_copy(&loader->config->arena, bytes.at, bytes.length);
	brand->logo_size = bytes.length;
	brand->logo_type = picture.type;
	fit(brand, &picture);
}

const char *config_check_colour(const char *value)
{
	struct desk_colours colours;

	return desk_brand_colours(value, &colours) ? NULL : "expected a colour such as \"#0b5cad\": # and six hexadecimal digits";
}

void config_brand(struct loader *loader)
{
	struct desk_brand *brand = &loader->config->policy.brand;
	const config_setting_t *at = config_lookup(&loader->tree, "brand.colour");
	struct desk_colours colours;

	if (*brand->logo_file)
		read_logo(loader, brand);
	if (at && *brand->colour && desk_brand_colours(brand->colour, &colours) && desk_contrast(brand->colour, "#ffffff") < 3)
		config_complain_at(loader, true, config_file_path(loader, config_setting_source_file(at)), (int)config_setting_source_line(at), "brand.colour",
		                   "%s can hardly be seen on white: links and the outlines of buttons are %s instead (buttons are as you wish, with %s words)",
		                   brand->colour, colours.link, strcmp(colours.text, "#ffffff") ? "black" : "white");
}
