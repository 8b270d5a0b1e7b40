//! Start-up calls without a feature behind them get a valid answer in every layer.

use heliograph_api::{Benign, router};
use heliograph_layers::Layers;

#[test]
fn every_benign_call_has_an_answer_in_every_layer_that_has_the_call() {
    let layers = Layers::shared();
    let router = router();
    let mut answers = 0;
    for (name, benign) in router.benign_calls() {
        if benign != Benign::Nothing {
            continue;
        }
        for layer in layers.collected() {
            let answer = layers.default_answer(*layer, name);
            let answer = answer.unwrap_or_else(|| panic!("{name} has no answer in layer {layer}"));
            assert!(
                answer.len() >= 4,
                "{name} has an empty answer in layer {layer}"
            );
            answers += 1;
        }
    }
    assert!(answers > 1000, "only {answers} answers were looked at");
}
