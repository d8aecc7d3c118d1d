/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _SYS_WAIT_H
#define _SYS_WAIT_H

#include <bits/syscall.h>

#define WEXITSTATUS(status) (((status) >> 8) & 0xff)
#define WIFEXITED(status) (((status) & 0x7f) == 0)
#define WTERMSIG(status) ((status) & 0x7f)

static inline pid_t waitpid(pid_t pid, int *status, int options)
{
	return (pid_t)syscall(__NR_wait4, pid, status, options, 0);
}

static inline pid_t wait(int *status)
{
	return waitpid(-1, status, 0);
}

#endif
