/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices. */
#ifndef _KERNEL_LINUX_NETDEVICE_H
#define _KERNEL_LINUX_NETDEVICE_H

#include <linux/types.h>

#define IFNAMSIZ 16
#define MAX_ADDR_LEN 32

typedef struct {
	struct net *net;
} possible_net_t;

struct net {
	refcount_t passive;
	unsigned int ifindex;
	struct list_head dev_base_head;
	struct net_device *loopback_dev;
	u64 net_cookie;
};

struct net_device_stats {
	unsigned long rx_packets;
	unsigned long tx_packets;
	unsigned long rx_bytes;
	unsigned long tx_bytes;
	unsigned long rx_errors;
	unsigned long tx_errors;
	unsigned long rx_dropped;
	unsigned long tx_dropped;
};

struct net_device {
	char name[IFNAMSIZ];
	int ifindex;
	unsigned int flags;
	unsigned int mtu;
	unsigned short type;
	unsigned short hard_header_len;
	unsigned char addr_len;
	unsigned char dev_addr[MAX_ADDR_LEN];
	unsigned char broadcast[MAX_ADDR_LEN];
	unsigned long state;
	struct list_head dev_list;
	struct net_device_stats stats;
	possible_net_t nd_net;
	void *priv;
};

#endif
