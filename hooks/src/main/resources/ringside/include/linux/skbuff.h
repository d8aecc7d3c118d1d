/* SPDX-License-Identifier: Apache-2.0 */
/* Packets. */
#ifndef _KERNEL_LINUX_SKBUFF_H
#define _KERNEL_LINUX_SKBUFF_H

#include <linux/netdevice.h>
#include <linux/types.h>

struct sock;

typedef unsigned int sk_buff_data_t;

struct sk_buff {
	struct sk_buff *next;
	struct sk_buff *prev;
	struct net_device *dev;
	struct sock *sk;
	ktime_t tstamp;
	char cb[48] __attribute__((__aligned__(8)));
	unsigned long _skb_refdst;
	void (*destructor)(struct sk_buff *skb);
	unsigned int len;
	unsigned int data_len;
	__u16 mac_len;
	__u16 hdr_len;
	__u16 queue_mapping;
	__u8 pkt_type : 3;
	__u8 ignore_df : 1;
	__u8 ip_summed : 2;
	__u8 cloned : 1;
	__u8 nohdr : 1;
	__u8 __pkt_flags;
	__wsum csum;
	__u32 priority;
	int skb_iif;
	__u32 hash;
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u32 mark;
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header;
	sk_buff_data_t tail;
	sk_buff_data_t end;
	unsigned char *head;
	unsigned char *data;
	unsigned int truesize;
	refcount_t users;
};

#endif
