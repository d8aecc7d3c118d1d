/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __LINUX_IP_NETFILTER_H
#define __LINUX_IP_NETFILTER_H

#include <linux/netfilter.h>

#define NF_IP_PRE_ROUTING 0
#define NF_IP_LOCAL_IN 1
#define NF_IP_FORWARD 2
#define NF_IP_LOCAL_OUT 3
#define NF_IP_POST_ROUTING 4
#define NF_IP_NUMHOOKS 5

/* The priorities that linux/netfilter.h does not list. */
#define NF_IP_PRI_RAW_BEFORE_DEFRAG (-450)
#define NF_IP_PRI_CONNTRACK_DEFRAG (-400)
#define NF_IP_PRI_SELINUX_FIRST (-225)
#define NF_IP_PRI_SECURITY 50
#define NF_IP_PRI_SELINUX_LAST 225
#define NF_IP_PRI_CONNTRACK_HELPER 300
#define NF_IP_PRI_CONNTRACK_CONFIRM NF_IP_PRI_LAST

#endif
