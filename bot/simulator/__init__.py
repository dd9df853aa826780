"""A WeChat client and a platform that holds us to WeChat's rules, for the demo and the tests."""
