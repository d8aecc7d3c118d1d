/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _POLL_H
#define _POLL_H

#include <bits/syscall.h>

#define __NR_ppoll 73

#define POLLIN 1
#define POLLOUT 4
#define POLLNVAL 0x20

struct pollfd {
	int fd;
	short events;
	short revents;
};

static inline int poll(struct pollfd *entries, unsigned long count, int milliseconds)
{
	long timeout[2] = { milliseconds / 1000, milliseconds % 1000 * 1000000L };

	return (int)syscall(__NR_ppoll, entries, count, milliseconds < 0 ? (long *)NULL : timeout,
			    NULL);
}

#endif
