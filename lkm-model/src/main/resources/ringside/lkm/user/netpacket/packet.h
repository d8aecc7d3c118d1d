/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _NETPACKET_PACKET_H
#define _NETPACKET_PACKET_H

#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define PACKET_OUTGOING 4

#define ETH_P_ALL 0x0003
#define ETH_P_IP 0x0800

struct sockaddr_ll {
	unsigned short sll_family;
	unsigned short sll_protocol;
	int sll_ifindex;
	unsigned short sll_hatype;
	unsigned char sll_pkttype;
	unsigned char sll_halen;
	unsigned char sll_addr[8];
};

#endif
