/** Checkpoints that the Python tool wrote, imported as text: tests of the core have no permission to read. */
import first from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/checkpoints/cp_20261120_080124_555383_8918_d897.json" with {
  type: "text",
};
import second from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/checkpoints/cp_20261120_080125_130078_3596_d897.json" with {
  type: "text",
};
import third from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/checkpoints/cp_20261120_080125_972839_8090_d897.json" with {
  type: "text",
};
import fourth from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/checkpoints/cp_20261120_080126_716957_3387_d897.json" with {
  type: "text",
};
import fifth from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/checkpoints/cp_20261120_080127_450017_0723_d897.json" with {
  type: "text",
};
import working from "../testdata/python-projects/evd/.orchestrator/sessions/d7547c31/checkpoints/cp_20261120_075210_755608_6808_6414.json" with {
  type: "text",
};

/** Text of each checkpoint. */
export const PYTHON_CHECKPOINTS: readonly string[] = [
  first,
  second,
  third,
  fourth,
  fifth,
  working,
];
