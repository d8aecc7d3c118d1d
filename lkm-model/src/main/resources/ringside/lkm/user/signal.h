/* SPDX-License-Identifier: Apache-2.0 */
/* Sending signals; there are no handlers. */
#ifndef _SIGNAL_H
#define _SIGNAL_H

#include <bits/syscall.h>

#define SIGHUP 1
#define SIGINT 2
#define SIGKILL 9
#define SIGSEGV 11
#define SIGTERM 15

static inline int kill(pid_t pid, int signal)
{
	return (int)syscall(__NR_kill, pid, signal);
}

#endif
