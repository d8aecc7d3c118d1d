/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _IP_H
#define _IP_H

#include <linux/ip.h>
#include <linux/skbuff.h>

#define IP_CE 0x8000
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1FFF

static inline bool ip_is_fragment(const struct iphdr *iph)
{
	return (iph->frag_off & htons(IP_MF | IP_OFFSET)) != 0;
}

#endif
