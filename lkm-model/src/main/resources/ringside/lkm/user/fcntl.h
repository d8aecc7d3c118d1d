/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _FCNTL_H
#define _FCNTL_H

#include <bits/syscall.h>

#define AT_FDCWD -100

#define O_RDONLY 00
#define O_WRONLY 01
#define O_RDWR 02
#define O_CREAT 0100
#define O_EXCL 0200
#define O_TRUNC 01000
#define O_APPEND 02000

static inline int __open(const char *path, int flags, mode_t mode)
{
	return (int)syscall(__NR_openat, AT_FDCWD, path, flags, mode);
}

#define __OPEN_PICK(path, flags, mode, ...) __open(path, flags, mode)
#define open(...) __OPEN_PICK(__VA_ARGS__, 0, 0)

#endif
