/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_IN_API_H
#define _LINUX_IN_API_H

#include <linux/byteorder.h>
#include <linux/types.h>
#include_next <linux/in.h>

#endif
