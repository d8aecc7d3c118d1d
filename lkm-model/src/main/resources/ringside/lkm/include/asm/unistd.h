/* SPDX-License-Identifier: Apache-2.0 */
/* System call numbers of riscv64: those of asm-generic. */
#ifndef _ASM_RISCV_UNISTD_H
#define _ASM_RISCV_UNISTD_H

#define __NR_dup 23
#define __NR_ioctl 29
#define __NR_mkdirat 34
#define __NR_unlinkat 35
#define __NR_openat 56
#define __NR_close 57
#define __NR_getdents64 61
#define __NR_lseek 62
#define __NR_read 63
#define __NR_write 64
#define __NR_exit 93
#define __NR_exit_group 94
#define __NR_nanosleep 101
#define __NR_init_module 105
#define __NR_delete_module 106
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
#define __NR_socket 198
#define __NR_connect 203
#define __NR_brk 214
#define __NR_munmap 215
#define __NR_clone 220
#define __NR_execve 221
#define __NR_mmap 222
#define __NR_wait4 260
#define __NR_finit_module 273
#define __NR_bpf 280
#define __NR_syscalls 463

#endif
