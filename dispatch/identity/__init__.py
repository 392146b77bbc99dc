"""Who people are and how they prove it: rules about people, login codes, login sessions, tokens and keys. Pure: the time and whatever
must not be guessed are arguments. Transport, storage, the live server and commands call it.
"""
