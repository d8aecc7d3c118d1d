/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _BITS_TYPES_H
#define _BITS_TYPES_H

typedef unsigned long size_t;
typedef long ssize_t;
typedef long off_t;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int mode_t;
typedef long time_t;

#ifndef NULL
#define NULL ((void *)0)
#endif

#endif
