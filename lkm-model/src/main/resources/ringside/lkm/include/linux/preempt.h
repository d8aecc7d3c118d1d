/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __LINUX_PREEMPT_H
#define __LINUX_PREEMPT_H

#include <linux/compiler.h>
#include <linux/irqflags.h>

#define preempt_disable() barrier()
#define preempt_enable() barrier()

#endif
