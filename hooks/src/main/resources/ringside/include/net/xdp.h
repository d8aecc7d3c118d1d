/* SPDX-License-Identifier: Apache-2.0 */
/* Packets before they become an sk_buff. */
#ifndef _KERNEL_NET_XDP_H
#define _KERNEL_NET_XDP_H

#include <linux/netdevice.h>
#include <linux/types.h>

struct xdp_mem_info {
	u32 type;
	u32 id;
};

struct xdp_rxq_info {
	struct net_device *dev;
	u32 queue_index;
	u32 reg_state;
	struct xdp_mem_info mem;
};

struct xdp_txq_info {
	struct net_device *dev;
};

struct xdp_buff {
	void *data;
	void *data_end;
	void *data_meta;
	void *data_hard_start;
	struct xdp_rxq_info *rxq;
	struct xdp_txq_info *txq;
	u32 frame_sz;
	u32 flags;
};

#endif
