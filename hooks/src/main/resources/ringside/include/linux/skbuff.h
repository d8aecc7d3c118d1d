/* SPDX-License-Identifier: Apache-2.0 */
/* Packets. */
#ifndef _KERNEL_LINUX_SKBUFF_H
#define _KERNEL_LINUX_SKBUFF_H

#include <linux/netdevice.h>
#include <linux/types.h>

struct sock;

typedef unsigned int sk_buff_data_t;

/* What tstamp counts from, as programs and qdiscs see it. */
enum skb_tstamp_type {
	SKB_CLOCK_REALTIME,
	SKB_CLOCK_MONOTONIC,
	SKB_CLOCK_TAI,
};

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
	__u8 __mono_tc_offset[0];
	__u8 tstamp_type : 2;
	__u8 tc_at_ingress : 1;
	__u8 csum_level : 2;
	__u8 l4_hash : 1;
	__u8 sw_hash : 1;
	__u8 encapsulation : 1;
	__u8 redirected : 1;
	__u8 from_ingress : 1;
	__u8 csum_valid : 1;
	__u8 csum_complete_sw : 1;
	__u16 tc_index;
	union {
		__wsum csum;
		struct {
			__u16 csum_start;
			__u16 csum_offset;
		};
	};
	__u32 priority;
	int skb_iif;
	__u32 hash;
	union {
		__u32 vlan_all;
		struct {
			__be16 vlan_proto;
			__u16 vlan_tci;
		};
	};
	unsigned int napi_id;
	__u32 mark;
	__be16 inner_protocol;
	__u16 inner_transport_header;
	__u16 inner_network_header;
	__u16 inner_mac_header;
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

struct skb_shared_hwtstamps {
	ktime_t hwtstamp;
};

typedef struct skb_frag {
	unsigned long netmem;
	unsigned int len;
	unsigned int offset;
} skb_frag_t;

#define MAX_SKB_FRAGS 17

/* Gso types. */
enum {
	SKB_GSO_TCPV4 = 1 << 0,
	SKB_GSO_DODGY = 1 << 1,
	SKB_GSO_TCP_ECN = 1 << 2,
	SKB_GSO_TCP_FIXEDID = 1 << 3,
	SKB_GSO_TCPV6 = 1 << 4,
};

/* Behind the packet's buffer, at head + end. */
struct skb_shared_info {
	__u8 flags;
	__u8 meta_len;
	__u8 nr_frags;
	__u8 tx_flags;
	unsigned short gso_size;
	unsigned short gso_segs;
	struct sk_buff *frag_list;
	struct skb_shared_hwtstamps hwtstamps;
	unsigned int gso_type;
	__u32 tskey;
	atomic_t dataref;
	unsigned int xdp_frags_size;
	void *destructor_arg;
	skb_frag_t frags[MAX_SKB_FRAGS];
};

#define QDISC_CB_PRIV_LEN 20

/* The traffic control layer's part of cb. */
struct qdisc_skb_cb {
	unsigned int pkt_len;
	u16 slave_dev_queue_mapping;
	u16 tc_classid;
	unsigned char data[QDISC_CB_PRIV_LEN];
};

/* Where cb keeps the ends of what a program may access directly. */
struct bpf_skb_data_end {
	struct qdisc_skb_cb qdisc_cb;
	void *data_meta;
	void *data_end;
};

/* cb while a stream parser or verdict program runs. */
struct sk_skb_cb {
	unsigned char data[QDISC_CB_PRIV_LEN];
	unsigned char pad[4];
	u64 temp_reg;
	u64 redir;
};

#endif
