/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets as the network sees them. */
#ifndef _KERNEL_NET_SOCK_H
#define _KERNEL_NET_SOCK_H

#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/types.h>

/* What all sockets have, even those of a half-open connection. */
struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	unsigned int skc_hash;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	struct hlist_node skc_node;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned short skc_rx_queue_mapping;
	refcount_t skc_refcnt;
};

/* The program that decides what a socket receives. */
struct sk_filter {
	refcount_t refcnt;
	struct bpf_prog *prog;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_filter *sk_filter;
	struct sock_reuseport *sk_reuseport_cb;
	struct socket *sk_socket;
	void *sk_bpf_storage;
	u16 sk_type;
	u16 sk_protocol;
	__u32 sk_priority;
	__u32 sk_mark;
	__u32 sk_txhash;
	uid_t sk_uid;
	int sk_rcvbuf;
	int sk_sndbuf;
	atomic_t sk_rmem_alloc;
	refcount_t sk_wmem_alloc;
	unsigned long sk_flags;
	int sk_err;
	atomic_t sk_omem_alloc;
	atomic_t sk_drops;
};

/* A socket as its descriptor sees it. */
struct socket {
	int state;
	short type;
	unsigned long flags;
	struct file *file;
	struct sock *sk;
};

#endif
