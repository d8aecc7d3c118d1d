/* SPDX-License-Identifier: Apache-2.0 */
/* Offering a module's symbols to other modules. */
#ifndef _LINUX_EXPORT_API_H
#define _LINUX_EXPORT_API_H

#include <linux/compiler.h>
#include <linux/stringify.h>
#include_next <linux/export.h>

#define ___EXPORT_SYMBOL(sym, sec)						\
	extern __typeof__(sym) sym;						\
	static const char __kstrtab_##sym[] __used				\
		__section("__ksymtab_strings") = #sym;				\
	static const struct kernel_symbol __ksymtab_##sym __used		\
		__section("__ksymtab" sec) __aligned(sizeof(void *)) =		\
		{ (unsigned long)&sym, __kstrtab_##sym, (const char *)0 }

#define EXPORT_SYMBOL(sym) ___EXPORT_SYMBOL(sym, "")
#define EXPORT_SYMBOL_GPL(sym) ___EXPORT_SYMBOL(sym, "_gpl")

#endif
