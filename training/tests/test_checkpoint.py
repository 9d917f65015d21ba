import torch

from training.alphabet import CHARS
from training.checkpoint import Progress, averaged_net, keep, load, save
from training.learner import Learner
from training.net import TextNet


def test_a_run_goes_on_where_it_stopped(tmp_path):
    learner = Learner(TextNet(len(CHARS) + 1), "cpu")
    learner.net(torch.zeros(1, 3, 48, 64)).sum().backward()
    learner.step(1e-3, 64)
    save(tmp_path / "c.pt", {"small": learner}, Progress(images=7, exact={"plain": 0.5}))

    again = Learner(TextNet(len(CHARS) + 1), "cpu")
    progress = load(tmp_path / "c.pt", {"small": again})
    assert progress == Progress(images=7, exact={"plain": 0.5})
    assert torch.equal(again.net.head.bias, learner.net.head.bias)
    assert torch.equal(again.average.head.bias, learner.average.head.bias)
    for kind in ("adamw", "muon"):
        there, here = learner.optimiser.state_dict()[kind]["state"], again.optimiser.state_dict()[kind]["state"]
        assert len(there) == len(here) > 0
        for before, after in zip(there.values(), here.values()):
            assert all(torch.equal(torch.as_tensor(before[k]), torch.as_tensor(after[k])) for k in before)
    assert again.seen == learner.seen == 64
    assert not list(tmp_path.glob("*.tmp"))


def test_what_is_kept_is_small_and_near(tmp_path):
    average = TextNet(len(CHARS) + 1)
    keep(average, Progress(images=9), tmp_path / "text.fp16.pt")
    assert (tmp_path / "text.fp16.pt").stat().st_size < 8e6
    net, progress = averaged_net(tmp_path / "text.fp16.pt")
    assert progress.images == 9
    assert torch.allclose(net.head.weight, average.head.weight, atol=1e-3)
