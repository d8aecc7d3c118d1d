package ringside.ebpf.kfunc;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import ringside.ebpf.isa.ProgramType;

/**
 * Marks a method as a kernel function that programs may call.
 *
 * <p>The method takes as many longs as the C prototype has parameters and returns a long. The
 * prototype is read from the kernel's BTF, where the suffixes of parameter names say what they
 * mean: {@code __sz}, {@code __szk}, {@code __k}, {@code __uninit}, {@code __alloc}, {@code
 * __refcounted_kptr}, {@code __nullable}, {@code __str}, {@code __map}, {@code __ign}, {@code
 * __prog}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface BpfKfunc {
  /** The function's name in the kernel's BTF. */
  String value();

  /** What the verifier must know. */
  KfuncFlag[] flags() default {};

  /**
   * The program types that it is registered for ({@code register_btf_kfunc_id_set}); none means
   * all.
   */
  ProgramType[] types() default {};
}
