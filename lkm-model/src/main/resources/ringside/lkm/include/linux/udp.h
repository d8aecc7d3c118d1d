/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_UDP_API_H
#define _LINUX_UDP_API_H

#include <linux/byteorder.h>
#include <linux/skbuff.h>
#include_next <linux/udp.h>

static inline struct udphdr *udp_hdr(const struct sk_buff *skb)
{
	return (struct udphdr *)skb_transport_header(skb);
}

#endif
