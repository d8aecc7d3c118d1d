package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.List;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** The function that a program names to be run when it throws. */
final class Exceptions {
  private static final String TAG = "exception_callback:";

  private Exceptions() {}

  /** Finds the callback that the main program is tagged with, and makes it a function. */
  static void findCallback(VerifierEnv env) throws VerifierReject {
    Btf btf = env.programBtf;
    List<VerifierInput.FuncInfo> functions = env.input.functions();
    if (btf == null || functions.isEmpty()) {
      return;
    }
    List<String> names = DeclTags.on(btf, functions.get(0).type(), -1, TAG);
    if (names.isEmpty()) {
      return;
    }
    if (names.size() > 1) {
      throw env.reject(EINVAL, "multiple exception callback tags for main subprog");
    }
    String name = names.get(0);
    for (VerifierInput.FuncInfo f : functions) {
      if (f.name().equals(name)) {
        if (!f.global()) {
          throw env.reject(EINVAL, "exception callback %s must be global function", name);
        }
        env.exceptionStart = f.insn();
        env.addSubprogram(f.insn());
        return;
      }
    }
    if (btf.find(name, BtfType.Func.class).isEmpty()) {
      throw env.reject(EINVAL, "exception callback cannot be found in BTF");
    }
    throw env.reject(EINVAL, "exception callback not found in BTF");
  }

  /** Once functions have numbers: which one it is. */
  static void number(VerifierEnv env) {
    if (env.exceptionStart >= 0) {
      env.exceptionCallback = env.findSubprogram(env.exceptionStart);
      Subprogram callback = env.subprograms.get(env.exceptionCallback);
      callback.called = true;
      callback.isCallback = true;
      callback.isAsyncCallback = true;
      callback.isExceptionCallback = true;
    }
  }
}
