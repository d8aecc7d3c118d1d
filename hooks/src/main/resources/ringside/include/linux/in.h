/* SPDX-License-Identifier: Apache-2.0 */
/* The Internet protocol's numbers. */
#ifndef _KERNEL_LINUX_IN_H
#define _KERNEL_LINUX_IN_H

#include <linux/types.h>

enum {
	IPPROTO_IP = 0,
	IPPROTO_ICMP = 1,
	IPPROTO_IGMP = 2,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_IPV6 = 41,
	IPPROTO_ICMPV6 = 58,
	IPPROTO_SCTP = 132,
	IPPROTO_RAW = 255,
};

struct in_addr {
	__be32 s_addr;
};

#define INADDR_ANY ((unsigned int)0x00000000)
#define INADDR_BROADCAST ((unsigned int)0xffffffff)
#define INADDR_LOOPBACK 0x7f000001

#endif
