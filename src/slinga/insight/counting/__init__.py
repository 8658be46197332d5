"""The statements by which facts and events become sums; `slinga.insight.jobs` says when."""
