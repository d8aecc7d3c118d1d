/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt masking: the SIE bit of sstatus. */
#ifndef _LINUX_IRQFLAGS_H
#define _LINUX_IRQFLAGS_H

#define SR_SIE 0x2UL

static inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags;

	__asm__ __volatile__("csrrc %0, sstatus, %1" : "=r"(flags) : "rK"(SR_SIE) : "memory");
	return flags & SR_SIE;
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	__asm__ __volatile__("csrs sstatus, %0" : : "rK"(flags & SR_SIE) : "memory");
}

#define local_irq_save(flags) do { flags = arch_local_irq_save(); } while (0)
#define local_irq_restore(flags) arch_local_irq_restore(flags)
#define local_irq_disable() \
	__asm__ __volatile__("csrc sstatus, %0" : : "rK"(SR_SIE) : "memory")
#define local_irq_enable() \
	__asm__ __volatile__("csrs sstatus, %0" : : "rK"(SR_SIE) : "memory")

#endif
