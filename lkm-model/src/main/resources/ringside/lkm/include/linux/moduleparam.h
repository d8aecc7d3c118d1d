/* SPDX-License-Identifier: Apache-2.0 */
/* Module parameters: name=value words at insmod become the module's variables. */
#ifndef _LINUX_MODULE_PARAMS_H
#define _LINUX_MODULE_PARAMS_H

#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/stringify.h>
#include_next <linux/moduleparam.h>

#define MODULE_PARAM_PREFIX /* empty in modules */

#define __MODULE_INFO(tag, name, info)					\
	static const char __UNIQUE_ID(name)[] __used			\
		__section(".modinfo") __aligned(1) = __stringify(tag) "=" info
#define __MODULE_PARM_TYPE(name, _type) \
	__MODULE_INFO(parmtype, name##type, #name ":" _type)
#define MODULE_PARM_DESC(_parm, desc) \
	__MODULE_INFO(parm, _parm, #_parm ":" desc)

enum {
	/* "name" alone is as good as "name=1". */
	KERNEL_PARAM_OPS_FL_NOARG = (1 << 0)
};

extern struct module __this_module;

#define __module_param_call(name, ops, arg, perm, level)			\
	_Static_assert((perm) >= 0 && (perm) <= 0777 && !((perm) & 2),		\
		       "permissions of module parameter " #name);		\
	static const char __param_str_##name[] = #name;				\
	static struct kernel_param __param_##name __used			\
		__section("__param") __aligned(sizeof(void *)) =		\
		{ __param_str_##name, &__this_module, ops, perm, level, 0, { arg } }

#define module_param_cb(name, ops, arg, perm) \
	__module_param_call(name, ops, arg, perm, -1)

#define module_param_named(name, value, type, perm)			\
	param_check_##type(name, &(value));				\
	module_param_cb(name, &param_ops_##type, &value, perm);		\
	__MODULE_PARM_TYPE(name, #type)
#define module_param(name, type, perm) \
	module_param_named(name, name, type, perm)

#define module_param_string(name, buffer, len, perm)			\
	static const struct kparam_string __param_string_##name =	\
		{ len, buffer };					\
	__module_param_call(name, &param_ops_string,			\
			    .str = &__param_string_##name, perm, -1);	\
	__MODULE_PARM_TYPE(name, "string")

#define module_param_array_named(name, array, type, nump, perm)		\
	param_check_##type(name, &(array)[0]);				\
	static const struct kparam_array __param_arr_##name =		\
		{ .max = ARRAY_SIZE(array), .num = nump,		\
		  .ops = &param_ops_##type,				\
		  .elemsize = sizeof(array[0]), .elem = array };	\
	__module_param_call(name, &param_array_ops,			\
			    .arr = &__param_arr_##name, perm, -1);	\
	__MODULE_PARM_TYPE(name, "array of " #type)
#define module_param_array(name, type, nump, perm) \
	module_param_array_named(name, name, type, nump, perm)

#define __param_check(name, p, type) \
	static inline type __always_unused *__check_##name(void) { return (p); }

#define __DECLARE_PARAM_TYPE(name)						\
	extern const struct kernel_param_ops param_ops_##name;			\
	int param_set_##name(const char *val, const struct kernel_param *kp);	\
	int param_get_##name(char *buffer, const struct kernel_param *kp)

__DECLARE_PARAM_TYPE(byte);
#define param_check_byte(name, p) __param_check(name, p, unsigned char)
__DECLARE_PARAM_TYPE(short);
#define param_check_short(name, p) __param_check(name, p, short)
__DECLARE_PARAM_TYPE(ushort);
#define param_check_ushort(name, p) __param_check(name, p, unsigned short)
__DECLARE_PARAM_TYPE(int);
#define param_check_int(name, p) __param_check(name, p, int)
__DECLARE_PARAM_TYPE(uint);
#define param_check_uint(name, p) __param_check(name, p, unsigned int)
__DECLARE_PARAM_TYPE(long);
#define param_check_long(name, p) __param_check(name, p, long)
__DECLARE_PARAM_TYPE(ulong);
#define param_check_ulong(name, p) __param_check(name, p, unsigned long)
__DECLARE_PARAM_TYPE(ullong);
#define param_check_ullong(name, p) __param_check(name, p, unsigned long long)
__DECLARE_PARAM_TYPE(charp);
#define param_check_charp(name, p) __param_check(name, p, char *)
__DECLARE_PARAM_TYPE(bool);
#define param_check_bool(name, p) __param_check(name, p, bool)
__DECLARE_PARAM_TYPE(invbool);
#define param_check_invbool(name, p) __param_check(name, p, bool)
extern const struct kernel_param_ops param_ops_array;
extern const struct kernel_param_ops param_array_ops;
extern const struct kernel_param_ops param_ops_string;

#endif
