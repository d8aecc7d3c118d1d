/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet frames. */
#ifndef _LINUX_IF_ETHER_API_H
#define _LINUX_IF_ETHER_API_H

#include <linux/byteorder.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include_next <linux/if_ether.h>

static inline struct ethhdr *eth_hdr(const struct sk_buff *skb)
{
	return (struct ethhdr *)skb_mac_header(skb);
}

#endif
