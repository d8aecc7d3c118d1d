/* SPDX-License-Identifier: Apache-2.0 */
/* Just enough to say something on standard output. */
#ifndef _STDIO_H
#define _STDIO_H

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static inline int puts(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		return -1;
	return write(STDOUT_FILENO, "\n", 1) < 0 ? -1 : 0;
}

static inline int putchar(int c)
{
	char one = (char)c;

	return write(STDOUT_FILENO, &one, 1) < 0 ? -1 : c;
}

/* Collects output so that one printf is one write, as long as it fits. */
struct __out {
	char text[256];
	int used;
	int total;
};

static inline void __out_flush(struct __out *out)
{
	write(STDOUT_FILENO, out->text, out->used);
	out->used = 0;
}

static inline void __out_char(struct __out *out, char c)
{
	if (out->used == sizeof(out->text))
		__out_flush(out);
	out->text[out->used++] = c;
	out->total++;
}

static inline void __out_number(struct __out *out, unsigned long value, unsigned int base,
				int negative, int width, char pad)
{
	char digits[24];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative && pad == '0')
		__out_char(out, '-');
	for (int i = count + negative; i < width; i++)
		__out_char(out, pad);
	if (negative && pad != '0')
		__out_char(out, '-');
	while (count)
		__out_char(out, digits[--count]);
}

/* %d %i %u %x %p %c %s %%, with l, a width and a leading 0. */
__attribute__((format(printf, 1, 2))) static inline int printf(const char *format, ...)
{
	struct __out out = { .used = 0 };
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		int width = 0, longs = 0;
		char pad = ' ';

		if (*format != '%') {
			__out_char(&out, *format);
			continue;
		}
		format++;
		if (*format == '0')
			pad = *format++;
		while (*format >= '0' && *format <= '9')
			width = width * 10 + (*format++ - '0');
		while (*format == 'l' || *format == 'z') {
			longs++;
			format++;
		}
		switch (*format) {
		case 'd':
		case 'i': {
			long value = longs ? va_arg(args, long) : va_arg(args, int);

			__out_number(&out, value < 0 ? -(unsigned long)value : (unsigned long)value, 10,
				     value < 0, width, pad);
			break;
		}
		case 'u':
		case 'x': {
			unsigned long value =
				longs ? va_arg(args, unsigned long) : va_arg(args, unsigned int);

			__out_number(&out, value, *format == 'x' ? 16 : 10, 0, width, pad);
			break;
		}
		case 'p':
			__out_char(&out, '0');
			__out_char(&out, 'x');
			__out_number(&out, va_arg(args, unsigned long), 16, 0, 0, ' ');
			break;
		case 'c':
			__out_char(&out, (char)va_arg(args, int));
			break;
		case 's': {
			const char *text = va_arg(args, const char *);

			text = text ? text : "(null)";
			for (int i = (int)strlen(text); i < width; i++)
				__out_char(&out, ' ');
			while (*text)
				__out_char(&out, *text++);
			break;
		}
		case '%':
			__out_char(&out, '%');
			break;
		default:
			format--; /* an unknown conversion prints nothing */
		}
		if (!*format)
			break;
	}
	va_end(args);
	__out_flush(&out);
	return out.total;
}

#endif
