package ringside.experiments.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.experiments.catalog.Catalog;
import ringside.experiments.catalog.Experiment;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

class ObjectStoreTest {
  private final ObjectStore store = new ObjectStore(Toolchain.locate());

  static Stream<Experiment> experiments() {
    return Catalog.load().all().stream();
  }

  @ParameterizedTest
  @MethodSource("experiments")
  void everyExperimentCompilesForEveryLane(Experiment experiment) {
    for (var source : experiment.sources()) {
      String name = source.name();
      if (name.endsWith(".c")) {
        Target target =
            name.endsWith(".bpf.c")
                ? Target.BPF
                : name.endsWith(".mod.c") ? Target.MODULE : Target.USER;
        BuiltObject object = store.object(experiment.files(), name, target);
        assertEquals(0x7f, object.bytes()[0], name);
        assertArrayEquals(
            object.bytes(), store.object(experiment.files(), name, target).bytes(), "cached");
      }
    }
  }
}
