/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program starts: takes argc and argv off the stack, calls main, exits with what it returns. */
#ifndef _BITS_START_H
#define _BITS_START_H

/* Weak, so that the program's files may each bring their own. */
__attribute__((weak, naked, noreturn, used)) void _start(void)
{
	__asm__("ld	a0, 0(sp)\n\t"
		"addi	a1, sp, 8\n\t"
		"andi	sp, sp, -16\n\t"
		"call	main\n\t"
		"li	a7, 94\n\t" /* exit_group */
		"ecall");
}

#endif
