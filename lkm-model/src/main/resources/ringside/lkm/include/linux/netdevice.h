/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_NETDEVICE_API_H
#define _LINUX_NETDEVICE_API_H

#include <linux/types.h>
#include_next <linux/netdevice.h>

#endif
