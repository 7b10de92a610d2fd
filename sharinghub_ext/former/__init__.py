"""The addresses of SharingHub, the catalogue that people come from: answered, led to their place here, or refused in
words. They say nothing that the hub's own routes would not say to the same caller.

Source: https://github.com/csgroup-oss/sharinghub-server
"""
