/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the current task's user space. */
#ifndef __LINUX_UACCESS_H__
#define __LINUX_UACCESS_H__

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

/* Both return the number of bytes that could not be copied. */
unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long __clear_user(void __user *to, unsigned long n);
long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *str, long n);
long copy_from_kernel_nofault(void *dst, const void *src, size_t size);

#define copy_to_user(to, from, n) _copy_to_user(to, from, n)
#define copy_from_user(to, from, n) _copy_from_user(to, from, n)
#define clear_user(to, n) __clear_user(to, n)

#define put_user(x, ptr)						\
	({								\
		__typeof__(*(ptr)) __pu_val = (x);			\
		_copy_to_user(ptr, &__pu_val, sizeof(__pu_val)) ? -EFAULT : 0; \
	})
#define get_user(x, ptr)						\
	({								\
		__typeof__(*(ptr)) __gu_val = 0;			\
		int __gu_err = _copy_from_user(&__gu_val, ptr, sizeof(__gu_val)) ? -EFAULT : 0; \
		(x) = __gu_val;						\
		__gu_err;						\
	})

#endif
