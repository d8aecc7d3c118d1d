/* SPDX-License-Identifier: Apache-2.0 */
/* Address families and socket addresses. */
#ifndef _KERNEL_LINUX_SOCKET_H
#define _KERNEL_LINUX_SOCKET_H

#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/types.h>

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17

struct sockaddr {
	unsigned short sa_family;
	char sa_data[14];
};

struct sockaddr_in {
	unsigned short sin_family;
	__be16 sin_port;
	struct in_addr sin_addr;
	unsigned char __pad[8];
};

struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	__be32 sin6_flowinfo;
	struct in6_addr sin6_addr;
	__u32 sin6_scope_id;
};

#endif
