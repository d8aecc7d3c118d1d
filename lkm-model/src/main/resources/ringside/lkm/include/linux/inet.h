/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_INET_H
#define _LINUX_INET_H

#include <linux/byteorder.h>
#include <linux/types.h>

__be32 in_aton(const char *str);

#endif
