package ringside.ebpf.helper;

import java.util.List;

/**
 * A helper as the verifier sees it.
 *
 * @param name Linux's name, e.g. {@code bpf_map_lookup_elem}
 * @param args one for each argument register used, r1 first
 * @param gplOnly whether it needs a GPL-compatible licence
 * @param pktAccess whether packet pointers may be passed where memory is expected
 * @param changesPktData whether packet pointers are void afterwards
 * @param retBtf the kernel struct that a BTF pointer returned points to, or empty
 * @param argBtf the kernel struct that a BTF pointer argument must point to, or empty
 */
public record HelperPrototype(
    int id,
    String name,
    ReturnType ret,
    List<ArgType> args,
    boolean gplOnly,
    boolean pktAccess,
    boolean changesPktData,
    boolean mightSleep,
    String retBtf,
    String argBtf) {

  /** The prototype that an annotation declares. */
  public static HelperPrototype of(BpfHelper helper) {
    return new HelperPrototype(
        helper.id(),
        HelperCatalog.name(helper.id()),
        helper.ret(),
        List.of(helper.args()),
        helper.gplOnly(),
        helper.pktAccess(),
        helper.changesPktData(),
        helper.mightSleep(),
        helper.retBtf(),
        helper.argBtf());
  }

  /** What argument register {@code r(index + 1)} must hold. */
  public ArgType arg(int index) {
    return index < args.size() ? args.get(index) : ArgType.ARG_DONTCARE;
  }
}
