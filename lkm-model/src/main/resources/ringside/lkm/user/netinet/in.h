/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _NETINET_IN_H
#define _NETINET_IN_H

#include <sys/socket.h>

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

#define INADDR_ANY 0x00000000U
#define INADDR_LOOPBACK 0x7f000001U

typedef unsigned int in_addr_t;
typedef unsigned short in_port_t;

struct in_addr {
	in_addr_t s_addr;
};

struct sockaddr_in {
	sa_family_t sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	unsigned char sin_zero[8];
};

static inline unsigned short htons(unsigned short value)
{
	return __builtin_bswap16(value);
}

static inline unsigned short ntohs(unsigned short value)
{
	return __builtin_bswap16(value);
}

static inline unsigned int htonl(unsigned int value)
{
	return __builtin_bswap32(value);
}

static inline unsigned int ntohl(unsigned int value)
{
	return __builtin_bswap32(value);
}

#endif
