"""`manage.py up`: one installation on one machine, all its processes under one that watches over them.

Standard library only, and no Django: the supervisor stays small and starts at once.
"""
