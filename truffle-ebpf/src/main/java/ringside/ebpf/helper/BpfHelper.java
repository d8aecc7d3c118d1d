package ringside.ebpf.helper;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import ringside.ebpf.isa.ProgramType;

/**
 * Marks a method as a helper function and declares its prototype, {@code struct bpf_func_proto}.
 *
 * <p>The method takes as many longs as there are arguments and returns a long. Which program types
 * may call it is a fact of the kernel, kept for all helper ids in {@link HelperCatalog}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface BpfHelper {
  /** {@code BPF_FUNC_*}; its name follows from it. */
  int id();

  /** What r0 holds afterwards. */
  ReturnType ret() default ReturnType.RET_INTEGER;

  /** What r1, r2, … must hold. */
  ArgType[] args() default {};

  /** Whether only programs under a GPL-compatible licence may call it. */
  boolean gplOnly() default false;

  /** Whether packet pointers may be passed where memory is expected ({@code pkt_access}). */
  boolean pktAccess() default false;

  /** Whether packet pointers are void afterwards ({@code bpf_helper_changes_pkt_data}). */
  boolean changesPktData() default false;

  /** Whether it may sleep, so only sleepable programs may call it. */
  boolean mightSleep() default false;

  /**
   * The program types that this method serves, where a helper does different things for different
   * types; none means all that may call the helper. The prototypes of one id are equal.
   */
  ProgramType[] types() default {};

  /** The kernel struct behind a {@code RET_PTR_TO_BTF_ID*}, e.g. {@code task_struct}. */
  String retBtf() default "";

  /** The kernel struct behind an {@code ARG_PTR_TO_BTF_ID*}. */
  String argBtf() default "";
}
