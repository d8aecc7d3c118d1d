package ringside.ebpf.kfunc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.kernel.layout.StructLayouts;

/** Each kfunc has a prototype in the kernel's BTF that its method fits. */
class KfuncFamiliesTest {
  @Test
  void everyKfuncHasItsPrototypeInTheKernelsBtf() {
    Btf btf = StructLayouts.ofKernel().btf();
    List<String> wrong = new ArrayList<>();
    int count = 0;
    for (Class<?> family : KfuncFamilies.CLASSES) {
      for (Method method : family.getDeclaredMethods()) {
        BpfKfunc kfunc = method.getAnnotation(BpfKfunc.class);
        if (kfunc == null) {
          continue;
        }
        count++;
        int parameters =
            btf.find(kfunc.value(), BtfType.Func.class)
                .map(id -> ((BtfType.Func) btf.type(id)).type())
                .map(id -> ((BtfType.FuncProto) btf.type(id)).parameters().size())
                .orElse(-1);
        if (parameters != method.getParameterCount()) {
          wrong.add(kfunc.value() + " has " + parameters + " parameters in BTF");
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(count >= 40, count + " kfuncs");
  }
}
