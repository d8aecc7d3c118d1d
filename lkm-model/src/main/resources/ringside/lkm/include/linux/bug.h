/* SPDX-License-Identifier: Apache-2.0 */
/* BUG: an ebreak whose place is in the __bug_table. WARN: a call that logs and returns. */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/compiler.h>
#include <linux/stringify.h>
#include <linux/types.h>

/* One entry: where, which file, which line, what kind; 24 bytes, pointers absolute. */
#define __BUG_FLAGS(flags)						\
	__asm__ __volatile__(						\
		"1:\n\t"						\
		"ebreak\n"						\
		".pushsection __bug_table,\"aw\"\n\t"			\
		".balign 8\n\t"						\
		".dword 1b\n\t"						\
		".dword %0\n\t"						\
		".half %1\n\t"						\
		".half %2\n\t"						\
		".balign 8\n\t"						\
		".popsection"						\
		: : "i"(__FILE_NAME__), "i"(__LINE__), "i"(flags))

#define BUG()					\
	do {					\
		__BUG_FLAGS(0);			\
		__builtin_unreachable();	\
	} while (0)
#define BUG_ON(condition) \
	do { if (unlikely(condition)) BUG(); } while (0)

void warn_slowpath_fmt(const char *file, int line, unsigned int taint, const char *fmt, ...)
	__printf(4, 5);

#define TAINT_WARN 9
#define __WARN() warn_slowpath_fmt(__FILE_NAME__, __LINE__, TAINT_WARN, (const char *)0)

#define WARN_ON(condition)					\
	({							\
		int __ret_warn_on = !!(condition);		\
		if (unlikely(__ret_warn_on))			\
			__WARN();				\
		unlikely(__ret_warn_on);			\
	})
#define WARN(condition, format...)				\
	({							\
		int __ret_warn_on = !!(condition);		\
		if (unlikely(__ret_warn_on))			\
			warn_slowpath_fmt(__FILE_NAME__, __LINE__, TAINT_WARN, format); \
		unlikely(__ret_warn_on);			\
	})
#define WARN_ON_ONCE(condition)					\
	({							\
		static bool __already_done;			\
		int __ret_once = !!(condition);			\
		if (unlikely(__ret_once && !__already_done)) {	\
			__already_done = true;			\
			__WARN();				\
		}						\
		unlikely(__ret_once);				\
	})

#endif
