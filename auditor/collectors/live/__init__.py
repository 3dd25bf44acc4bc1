"""Reading Azure itself: who asks, what is asked, and what could not be read. Some import `azure.*`: load when used.

Everything is a read. Requests go through the pipeline of the Azure SDK, and their answers are kept as Azure gave them:
the models of the SDK would drop properties they do not know.
"""
