package ringside.ebpf.core;

import ringside.format.BadInputException;

/** A CO-RE relocation that cannot be made, as opposed to one that becomes poison. */
public final class CoreException extends BadInputException {
  private static final long serialVersionUID = 1L;

  CoreException(String where, String what) {
    super(where, what, null);
  }
}
