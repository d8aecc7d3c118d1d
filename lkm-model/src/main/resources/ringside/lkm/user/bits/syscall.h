/* SPDX-License-Identifier: Apache-2.0 */
/* System calls: number in a7, arguments in a0 to a5, result in a0. */
#ifndef _BITS_SYSCALL_H
#define _BITS_SYSCALL_H

#include <bits/start.h>
#include <bits/types.h>
#include <errno.h>

#define __NR_dup 23
#define __NR_mkdirat 34
#define __NR_unlinkat 35
#define __NR_openat 56
#define __NR_close 57
#define __NR_lseek 62
#define __NR_read 63
#define __NR_write 64
#define __NR_readlinkat 78
#define __NR_exit_group 94
#define __NR_nanosleep 101
#define __NR_sched_yield 124
#define __NR_kill 129
#define __NR_setuid 146
#define __NR_uname 160
#define __NR_getpid 172
#define __NR_getppid 173
#define __NR_getuid 174
#define __NR_geteuid 175
#define __NR_getgid 176
#define __NR_gettid 178
#define __NR_clone 220
#define __NR_perf_event_open 241
#define __NR_wait4 260
#define __NR_bpf 280

/* The kernel's own result: a negative errno on failure. */
static inline long __syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;
	register long a7 __asm__("a7") = number;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
			 : "memory");
	return a0;
}

/* The C library's result: -1 and errno on failure. */
static inline long __result(long result)
{
	if (result < 0 && result >= -4095) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

#define __SYSCALL_PICK(n, a, b, c, d, e, f, ...) \
	__result(__syscall((long)(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))
#define syscall(...) __SYSCALL_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#endif
