package ringside.ebpf.polyglot;

import com.oracle.truffle.api.TruffleLanguage;
import ringside.ebpf.vm.EbpfLanguage;

/** The service that makes a context's evaluator. */
public final class KernelEvaluatorFactory implements EbpfLanguage.EvaluatorFactory {
  /** Made by the service loader. */
  public KernelEvaluatorFactory() {}

  @Override
  public EbpfLanguage.Evaluator create(TruffleLanguage.Env env) {
    return new KernelEvaluator(env);
  }
}
