/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_NET_H
#define _LINUX_NET_H
#include <linux/types.h>
#endif
